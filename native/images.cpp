// JPEG and PNG to 8-bit RGB. What is decided here, and holds for every caller:
//   - alpha is ignored (the colours below transparent pixels are kept as stored), as PIL's convert("RGB") does;
//   - 16 bits per channel are cut to the upper 8; grey is repeated; palettes are looked up; gamma, colour profiles and
//     EXIF orientation are not applied;
//   - CMYK and YCCK JPEGs are converted by the plain formula r = (1-c)(1-k), with Adobe's inversion where it is marked;
//   - a file that is truncated or damaged fails: libjpeg would fill in grey and only warn, so its warnings are failures here.
// libjpeg and libpng leave by longjmp. The functions between setjmp and longjmp therefore hold no C++ object with a
// destructor: they write their reason into a plain buffer, and only their callers throw.
#include "bridge.h"

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <jpeglib.h>

#include <jerror.h>
#include <png.h>

namespace {

constexpr int32_t kMaxSide = 16384;
constexpr int kMaxScans = 500; // a progressive JPEG of many empty scans costs minutes; real files have about ten

struct Header {
    int32_t width;
    int32_t height;
    int32_t channels;
};

struct Reason {
    char text[JMSG_LENGTH_MAX > 256 ? JMSG_LENGTH_MAX : 256];
};

void say(Reason* reason, const char* text) { std::snprintf(reason->text, sizeof reason->text, "%s", text); }

bool size_is_sane(int64_t width, int64_t height, Reason* reason) {
    if (width >= 1 && height >= 1 && width <= kMaxSide && height <= kMaxSide) return true;
    std::snprintf(reason->text, sizeof reason->text, "its header says %lld x %lld pixels; 1 to %d a side can be read",
                  static_cast<long long>(width), static_cast<long long>(height), kMaxSide);
    return false;
}

// Where the decoded picture goes; null pixels: only the header is wanted.
struct Target {
    uint8_t* pixels;
    int32_t width;
    int32_t height;
};

bool fits(const Target& target, const Header& header, Reason* reason) {
    if (target.width == header.width && target.height == header.height) return true;
    std::snprintf(reason->text, sizeof reason->text, "it has %d x %d pixels, and %d x %d were expected", header.width,
                  header.height, target.width, target.height);
    return false;
}

// ---- JPEG ----------------------------------------------------------------------------------------------------------

struct JpegErrors {
    jpeg_error_mgr base; // first: libjpeg knows this part
    std::jmp_buf leave;
    Reason* reason;
};

[[noreturn]] void jpeg_leave(j_common_ptr info) {
    auto* errors = reinterpret_cast<JpegErrors*>(info->err);
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    say(errors->reason, text);
    std::longjmp(errors->leave, 1);
}

void jpeg_message(j_common_ptr info, int level) {
    if (level >= 0) return; // tracing
    const int code = info->err->msg_code;
    if (code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR) return; // odd headers; the picture is whole
    jpeg_leave(info);
}

void jpeg_progress(j_common_ptr info) {
    auto* decoder = reinterpret_cast<j_decompress_ptr>(info);
    if (decoder->input_scan_number <= kMaxScans) return;
    auto* errors = reinterpret_cast<JpegErrors*>(info->err);
    say(errors->reason, "it has more than 500 scans");
    std::longjmp(errors->leave, 1);
}

void cmyk_row_to_rgb(const uint8_t* cmyk, uint8_t* rgb, int32_t width, bool inverted) {
    for (int32_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        const int k = inverted ? cmyk[3] : 255 - cmyk[3];
        for (int c = 0; c < 3; c++) {
            const int ink = inverted ? cmyk[c] : 255 - cmyk[c];
            rgb[c] = static_cast<uint8_t>((ink * k + 127) / 255);
        }
    }
}

bool read_jpeg(const uint8_t* bytes, unsigned long length, Target target, Header* header, Reason* reason) {
    jpeg_decompress_struct info;
    JpegErrors errors;
    jpeg_progress_mgr progress;
    std::memset(&info, 0, sizeof info); // jpeg_destroy_decompress is safe from here on
    std::memset(&progress, 0, sizeof progress);
    info.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = jpeg_leave;
    errors.base.emit_message = jpeg_message;
    errors.reason = reason;
    if (setjmp(errors.leave)) {
        jpeg_destroy_decompress(&info);
        return false;
    }

    jpeg_create_decompress(&info);
    progress.progress_monitor = jpeg_progress;
    info.progress = &progress;
    jpeg_mem_src(&info, const_cast<uint8_t*>(bytes), length);
    jpeg_read_header(&info, TRUE);
    header->width = static_cast<int32_t>(info.image_width);
    header->height = static_cast<int32_t>(info.image_height);
    header->channels = info.num_components;
    if (!size_is_sane(info.image_width, info.image_height, reason)
        || (target.pixels && !fits(target, *header, reason))) {
        jpeg_destroy_decompress(&info);
        return false;
    }

    if (target.pixels) {
        const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
        info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
        jpeg_start_decompress(&info);
        const size_t stride = static_cast<size_t>(header->width) * 3;
        JSAMPROW line = nullptr;
        if (cmyk) {
            auto* common = reinterpret_cast<j_common_ptr>(&info);
            line = static_cast<JSAMPROW>(info.mem->alloc_large(common, JPOOL_IMAGE, static_cast<size_t>(header->width) * 4));
        }
        while (info.output_scanline < info.output_height) {
            uint8_t* row = target.pixels + stride * info.output_scanline;
            JSAMPROW into = cmyk ? line : row;
            jpeg_read_scanlines(&info, &into, 1);
            if (cmyk) cmyk_row_to_rgb(line, row, header->width, info.saw_Adobe_marker);
        }
        jpeg_finish_decompress(&info); // reads to the end marker, so that a missing tail is seen
    }

    jpeg_destroy_decompress(&info);
    return true;
}

// ---- PNG -----------------------------------------------------------------------------------------------------------

struct PngInput {
    const uint8_t* bytes;
    size_t length;
    size_t position;
};

[[noreturn]] void png_leave(png_structp png, png_const_charp text) {
    say(static_cast<Reason*>(png_get_error_ptr(png)), text);
    png_longjmp(png, 1);
}

void png_quiet(png_structp, png_const_charp) {} // libpng's warnings are about colour profiles and text chunks

void png_pull(png_structp png, png_bytep into, size_t count) {
    auto* input = static_cast<PngInput*>(png_get_io_ptr(png));
    if (count > input->length - input->position) png_error(png, "Premature end of PNG file");
    std::memcpy(into, input->bytes + input->position, count);
    input->position += count;
}

// rows: room for target.height pointers, filled here. It belongs to the caller, since this function may leave by longjmp.
bool read_png(const uint8_t* bytes, size_t length, Target target, uint8_t** rows, Header* header, Reason* reason) {
    PngInput input = {bytes, length, 0};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reason, png_leave, png_quiet);
    png_infop info = png ? png_create_info_struct(png) : nullptr;
    if (!info) {
        png_destroy_read_struct(&png, nullptr, nullptr);
        say(reason, "libpng could not start");
        return false;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, nullptr);
        return false;
    }

    png_set_read_fn(png, &input, png_pull);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff); // ours come right after the header, with our words
    png_set_chunk_malloc_max(png, 64u << 20);
    png_read_info(png, info);
    const png_uint_32 width = png_get_image_width(png, info);
    const png_uint_32 height = png_get_image_height(png, info);
    bool good = size_is_sane(width, height, reason);
    if (good) {
        header->width = static_cast<int32_t>(width);
        header->height = static_cast<int32_t>(height);
        const int stored = png_get_channels(png, info);
        header->channels = stored == 2 ? 4 : png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE ? 3 : stored;
        good = !target.pixels || fits(target, *header, reason);
    }
    if (!good) {
        png_destroy_read_struct(&png, &info, nullptr);
        return false;
    }

    if (target.pixels) {
        png_set_expand(png); // palettes to RGB, grey to 8 bits, transparent colours to alpha
        png_set_strip_16(png);
        png_set_gray_to_rgb(png);
        png_set_strip_alpha(png);
        png_set_interlace_handling(png);
        png_read_update_info(png, info);
        const size_t stride = static_cast<size_t>(header->width) * 3;
        if (png_get_rowbytes(png, info) != stride) png_error(png, "unexpected row size");
        for (int32_t y = 0; y < header->height; y++) rows[y] = target.pixels + stride * static_cast<size_t>(y);
        png_read_image(png, rows);
        png_read_end(png, nullptr); // so that a missing tail is seen
    }

    png_destroy_read_struct(&png, &info, nullptr);
    return true;
}

// ---- both ----------------------------------------------------------------------------------------------------------

Header read_image(const uint8_t* bytes, int64_t length, Target target) {
    static const uint8_t jpeg_start[] = {0xff, 0xd8, 0xff};
    static const uint8_t png_start[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const auto starts_with = [&](const uint8_t* magic, size_t size) {
        return length >= static_cast<int64_t>(size) && std::memcmp(bytes, magic, size) == 0;
    };

    Header header = {0, 0, 0};
    Reason reason = {{0}};
    if (!bytes || length <= 0) throw std::runtime_error("the file is empty");
    bool good;
    if (starts_with(jpeg_start, sizeof jpeg_start)) {
        good = read_jpeg(bytes, static_cast<unsigned long>(length), target, &header, &reason);
    } else if (starts_with(png_start, sizeof png_start)) {
        std::vector<uint8_t*> rows(target.pixels ? static_cast<size_t>(target.height) : 0);
        good = read_png(bytes, static_cast<size_t>(length), target, rows.data(), &header, &reason);
    } else {
        throw std::runtime_error("it is neither a JPEG nor a PNG file");
    }
    if (!good) throw std::runtime_error(reason.text);
    return header;
}

} // namespace

int32_t retort_image_probe(const uint8_t* bytes, int64_t length, int32_t* width, int32_t* height, int32_t* channels) {
    return retort::guarded([&] {
        const Header header = read_image(bytes, length, Target{nullptr, 0, 0});
        *width = header.width;
        *height = header.height;
        *channels = header.channels;
    });
}

int32_t retort_image_decode(const uint8_t* bytes, int64_t length, uint8_t* rgb, int64_t capacity, int32_t width,
                            int32_t height) {
    return retort::guarded([&] {
        if (!rgb || width < 1 || height < 1 || width > kMaxSide || height > kMaxSide
            || capacity < static_cast<int64_t>(width) * height * 3)
            throw std::invalid_argument("the buffer for the decoded image is too small");
        read_image(bytes, length, Target{rgb, width, height});
    });
}
